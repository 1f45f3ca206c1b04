"""Checks of the text itself: sizes of functions, files and lines; banned functions and words."""

import re

from finding import Finding

LONG_FUNCTION, FUNCTION_LIMIT = 60, 100  # lines, signature included
FILE_LIMIT = 600
COLUMN_LIMIT = 100
BANNED = re.compile(
    r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|alloca|system|popen"
    r"|v?f?scanf|v?sscanf|longjmp|rand|mktemp|tmpnam)\s*\("
)
WORDS = re.compile(r"\b(TODO|FIXME|XXX)\b")
NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def functions(lines):
    """(name, first line, number of lines) of each function.  The code is in clang-format's shape: a
    body begins with "{" and ends with "}" in column 0, and nothing else is a "{" alone there."""
    first, name = 0, ""
    for number, line in enumerate(lines, 1):
        if line == "{":
            first = number
            while first > 1 and re.match(r"[\w\s]", lines[first - 2]) and lines[first - 2].strip():
                first -= 1
            signature = re.search(r"(\w+)\(", " ".join(lines[first - 1:number]))
            name = signature[1] if signature else "a function"
        elif line == "}" and first:
            yield name, first, number - first + 1
            first = 0


def check_sizes(path):
    lines = path.read_text(errors="replace").splitlines()
    if len(lines) > FILE_LIMIT:
        yield Finding(str(path), 1, f"{len(lines)} lines in a file, limit {FILE_LIMIT}")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMN_LIMIT:
            yield Finding(str(path), number, f"{len(line)} columns, limit {COLUMN_LIMIT}")
    for name, first, count in functions(lines):
        if count > LONG_FUNCTION:
            message = f"{name} has {count} lines, aim for {LONG_FUNCTION}, limit {FUNCTION_LIMIT}"
            yield Finding(str(path), first, message, warning=count <= FUNCTION_LIMIT)


def check_words(path):
    text = path.read_text(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        for match in WORDS.finditer(line):
            yield Finding(str(path), number, f"{match[1]}: do it or file an issue")
    code = NOT_CODE.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(code.splitlines(), 1):
        for match in BANNED.finditer(line):
            yield Finding(str(path), number, f"{match[1]}() is banned")


def check(sources, tests):
    found = [finding for path in sources + tests for finding in check_sizes(path)]
    return found + [finding for path in sources for finding in check_words(path)]
