"""Articles that read like articles: the same for the same chance."""

SUBJECTS = """the ministry|the central bank|the city council|the opposition|a senior adviser|the
commission|the port authority|Mr. Hale|Dr. Okafor|the regional court|a spokesman for the union|the
U.S. delegation|the research institute|the shipping company|the prime minister|the committee|an
independent auditor|the farmers' association|the national grid operator|the editor""".split("|")
VERBS = """announced|questioned|postponed|defended|outlined|reviewed|criticised|welcomed|revised|
published|rejected|confirmed|negotiated|financed|described""".split("|")
OBJECTS = """the budget for the coming year|a draft agreement on fisheries|the reform of local
taxes|new rules for public tenders|the findings of the inquiry|a plan to modernise the railway|the
price of winter wheat|the terms of the ceasefire|an expansion of the harbour|the results of the
second quarter|the proposed energy law|a programme for rural hospitals|the sale of its northern
terminals|the timetable for elections|a loan of 3.5 billion euros|the safety of older
bridges""".split("|")
TAILS = """after weeks of closed meetings|despite objections from three neighbouring regions|before
the session ended on 14 March|in a statement that surprised most observers|while talks continued in
the capital|although the figures remain disputed|and asked for patience|because earlier measures had
failed|according to documents seen by this newspaper|as demand fell by 12 per cent|which analysts
had expected since the autumn|without giving a date""".split("|")
LEADS = """However,|On Tuesday,|In the meantime,|By contrast,|For many residents,|At the same time,|
Beyond the rhetoric,|In summation,""".split("|")
SYLLABLES = "ba den for gra hol ka len mor na ost pe ra sil tu ver win yo zel".split()


def sentence(chance):
    parts = [chance.choice(SUBJECTS), chance.choice(VERBS), chance.choice(OBJECTS)]
    if chance.random() < 0.7:
        parts.append(chance.choice(TAILS))
    if chance.random() < 0.3:
        parts += ["and", chance.choice(SUBJECTS), chance.choice(VERBS), chance.choice(OBJECTS)]
    if chance.random() < 0.4:  # names keep the vocabulary growing, as it does in real text
        parts += ["near", "".join(chance.choices(SYLLABLES, k=3)).capitalize()]
    if chance.random() < 0.25:
        parts.insert(0, chance.choice(LEADS))
    text = " ".join(" ".join(parts).split())
    return text[0].upper() + text[1:] + "."


def article(chance, number, words):
    """A plain-text article: a title line, then paragraphs of three to six sentences."""
    title = sentence(chance).rstrip(".")
    paragraphs, count = [f"{title} ({number})"], 0
    while count < words:
        text = " ".join(sentence(chance) for _ in range(chance.randint(3, 6)))
        paragraphs.append(text)
        count += len(text.split())
    return "\n\n".join(paragraphs) + "\n"


HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} | The Harbour News</title>
<meta property="og:title" content="{title}"><meta name="author" content="Jo Reed">
<meta property="article:published_time" content="2024-05-04T10:00:00Z"></head>
<body><header class="site-header"><a href="/">The Harbour News</a></header>
<nav class="main-menu"><ul><li><a href="/city">City</a></li><li><a href="/sea">Sea</a></li></ul></nav>
<article><h1>{title}</h1><div class="entry-content">
"""
FOOT = """
</div></article><div class="share-bar"><a href="https://share.example/?u=1">Share</a></div>
<aside class="related"><ul><li><a href="/a">More news</a></li><li><a href="/b">Still more</a></li>
</ul></aside><footer>All rights reserved</footer></body></html>
"""


def emphasised(chance, text, marks, link):
    """A paragraph with an emphasised word now and then, and every fourth time a link."""
    words = text.split(" ")
    for _ in range(len(words) // 40):
        place = chance.randrange(1, len(words))
        words[place] = marks[0] + words[place] + marks[1]
    if chance.random() < 0.25:
        words.append(link.format(chance.randrange(10_000)))
    return " ".join(words)


def document(suffix, chance, number, words):
    """An article in the format of a suffix: txt, html, md or gmi."""
    title, *paragraphs = article(chance, number, words).strip().split("\n\n")
    if suffix == "html":
        link = '<a href="https://news.example/{}">The report</a>'
        body = [f"<p>{emphasised(chance, text, ('<em>', '</em>'), link)}</p>"
                for text in paragraphs]
        body[::8] = [f"<h2>{sentence(chance)}</h2>\n{text}" for text in body[::8]]
        return HEAD.format(title=title) + "\n".join(body) + FOOT
    if suffix == "md":
        link = "[The report](https://news.example/{})"
        body = [emphasised(chance, text, ("*", "*"), link) for text in paragraphs]
        body[::8] = [f"## {sentence(chance)}\n\n{text}\n\n- one\n- two" for text in body[::8]]
        return f"# {title}\n\n" + "\n\n".join(body) + "\n"
    if suffix == "gmi":
        body = [f"{text}\n\n=> https://news.example/{i} The report" if i % 4 == 0 else text
                for i, text in enumerate(paragraphs)]
        return f"# {title}\n\n" + "\n\n".join(body) + "\n"
    return "\n\n".join([title, *paragraphs]) + "\n"
