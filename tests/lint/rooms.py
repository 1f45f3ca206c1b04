"""Which file may include which: the table of rooms in src/README.md, and the libraries below."""

import re
from pathlib import Path

from finding import Finding

TABLE = "src/README.md"
MAIN_MAY_INCLUDE = {"cli", "core"}
LIBRARIES = [  # a header, as a regular expression, and the only rooms that may include it
    (r"sqlite3\.h", {"edition"}),
    (r"magic\.h", {"press"}),
    (r"openssl/.*", {"tls"}),
    (r"seccomp\.h", {"sandbox"}),
    (r"uv\.h", {"net", "process", "worker", "serve"}),
    (r"confuse\.h", {"config"}),
    (r"gumbo\.h", {"html"}),
    (r"cJSON\.h", {"html"}),
    (r"md4c\.h", {"import"}),
    (r"uchardet\.h", {"import"}),
    (r"iconv\.h", {"import"}),
    (r"uriparser/.*", {"article"}),
    (r"libstemmer\.h", {"prose"}),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_table(folders):
    """Read `| room | what lives there | may include |`; the last is room names separated by commas,
    or "all", or "-".  Returns {room: set of rooms} and what is wrong with the table."""
    allowed, found = {}, []
    lines = Path(TABLE).read_text().splitlines() if Path(TABLE).exists() else []
    in_table = False
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            in_table = False
        elif cells[0].lower() == "room" and cells[-1].lower().startswith("may include"):
            in_table = True
        elif in_table and not set(cells[0]) <= set("-: "):
            room = cells[0].strip("`/")
            names = {name.strip(" `") for name in cells[-1].split(",")} - {"-", ""}
            allowed[room] = set(folders) if names == {"all"} else names
            for name in sorted({room} | allowed[room]):
                if name not in folders:
                    found.append(Finding(TABLE, number, f"there is no room src/{name}"))
    for room in folders:
        if room not in allowed:
            found.append(Finding(TABLE, 1, f"the table of rooms has no row for {room}"))
    return allowed, found


def includes(path):
    """(line number, "<" or '"', header) of each #include."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1], match[2]


def check_file(path, room, allowed):
    own = f"{room}/{path.stem}.h"
    expect_own = path.suffix == ".c" and (Path("src") / own).exists()
    for number, kind, header in includes(path):
        if expect_own and header != own:
            yield Finding(str(path), number, f'the first include must be "{own}"')
        expect_own = False
        if kind == "<":
            for pattern, rooms in LIBRARIES:
                if re.fullmatch(pattern, header) and room not in rooms:
                    only = " and ".join(sorted(rooms))
                    yield Finding(str(path), number, f"<{header}> is only for {only}")
        elif "/" not in header:
            yield Finding(str(path), number, f'"{header}" must be written with its room')
        elif header.split("/")[0] not in allowed:
            yield Finding(str(path), number, f'{room or "main.c"} may not include "{header}"')


def check(sources):
    folders = sorted({path.parts[1] for path in sources if len(path.parts) == 3})
    table, found = read_table(folders)
    for path in sources:
        room = path.parts[1] if len(path.parts) == 3 else ""
        allowed = table.get(room, set(folders)) | {room} if room else MAIN_MAY_INCLUDE
        found += check_file(path, room, allowed)
    return found
