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
