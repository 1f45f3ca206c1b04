"""How many summaries a second one core makes."""

import subprocess

ARTICLES = "tests/eval/articles"
ORDINARY = 650  # words: about what a news article has
LONG = 400  # sentences: the most that are compared with each other


def write(path, sources, enough):
    """A text made of the sources' paragraphs, in their order, until there is enough of it."""
    title, *paragraphs = [line for source in sources
                          for line in source.read_text().splitlines() if line]
    kept = []
    for paragraph in paragraphs:
        kept.append(paragraph)
        if enough("\n".join(kept)):
            break
    path.write_text("\n\n".join([title, *kept]) + "\n")


def summaries_run(build, root, temporary):
    """Print the time of a summary of an ordinary article and of one as long as any can be."""
    articles = root / ARTICLES
    files = {language: temporary / f"{language}.txt" for language in ("en", "de", "fr", "ru")}
    for language, path in files.items():
        write(path, sorted(articles.glob(f"{language}-*.txt")),
              lambda text: len(text.split()) >= ORDINARY)
    files["long"] = temporary / "long.txt"
    write(files["long"], sorted(articles.glob("en-*.txt")),
          lambda text: sum(text.count(mark) for mark in (". ", "? ", ".\n")) > LONG)
    out = subprocess.run([build / "tests/bench/summary", *files.values()], check=True,
                         capture_output=True, text=True, timeout=60).stdout
    print(f"\n{'summary of':<24}{'words':>8}{'sentences':>12}{'us of CPU':>12}{'a second':>12}")
    for name, line in zip(files, out.splitlines()):
        words, sentences, took = line.split()
        print(f"{name:<24}{words:>8}{sentences:>12}{took:>12}{1e6 / float(took):>12.0f}")
