# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lint scripts share: the list of files, C text without comments,
functions found in it, ratchets, and how findings are printed."""
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LINT = os.path.join(ROOT, "tests", "lint")

KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "do", "else",
            "case", "defined", "__attribute__", "__asm__", "__typeof__",
            "static_assert", "_Static_assert", "_Alignas"}


def files(*suffixes):
    """Paths from the root of the tree's own files, sorted."""
    try:
        out = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
            check=True, capture_output=True, text=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        out = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [f for f in folders if f not in ("build", ".git")]
            out += [os.path.relpath(os.path.join(folder, n), ROOT)
                    for n in names]
    return sorted(p for p in out if p and p.endswith(suffixes) and
                  os.path.isfile(os.path.join(ROOT, p)))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.|[^'\\\n])*'", re.S)


def blank(match):
    """Comments become blanks, strings keep their quotes; lines stay."""
    text = match.group(0)
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[0]
    return re.sub(r"[^\n]", " ", text)


def code_of(text):
    """C text without comments and without what strings hold."""
    return TOKEN.sub(blank, text)


DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)


def plain_of(text):
    """The same, without preprocessor lines as well."""
    return DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                         code_of(text))


class Function:
    """A function definition: where, how long, how deep."""

    def __init__(self, path, name, head, line, body):
        self.path = path
        self.name = name
        self.line = line
        self.is_static = re.search(r"\bstatic\b", head) is not None
        self.body = body
        self.lines = body.count("\n") + 1
        self.params = count_params(head, name)

    def depth(self):
        """Nesting of statements: 0 in the body itself."""
        stack, deepest, last = [], 0, ""
        for word in re.finditer(r"[{}]|[^\s{}]+", self.body):
            text = word.group(0)
            if text == "{":
                is_block = re.search(r"(\)|\belse|\bdo|[;:])$", last) and \
                    not last.endswith("](")
                stack.append(bool(is_block) if stack else True)
                deepest = max(deepest, sum(stack) - 1)
            elif text == "}" and stack:
                stack.pop()
            last = text
        return deepest

    def complexity(self):
        """Decisions plus one; cases of one line each do not count."""
        body = self.body
        count = 1 + len(re.findall(r"\b(?:if|for|while)\b|&&|\|\||\?", body))
        return count + len(re.findall(
            r"^\s*case\b[^\n]*:\s*$", body, re.M))


def count_params(head, name):
    found = re.search(r"\b" + re.escape(name) + r"\s*\(", head)
    if not found:
        return 0
    depth, count, text = 1, 1, ""
    for char in head[found.end():]:
        depth += (char == "(") - (char == ")")
        if depth == 0:
            break
        if depth == 1 and char == ",":
            count += 1
        text += char
    return 0 if text.strip() in ("", "void") else count


def function_name(head):
    """Name of the function that this head defines, or None."""
    if "=" in re.sub(r"\([^()]*\)", "", head) or \
            re.match(r"\s*(typedef|struct|enum|union)\b[^()]*$", head):
        return None
    for found in re.finditer(r"\b([A-Za-z_]\w*)\s*\(", head):
        name = found.group(1)
        if name not in KEYWORDS and not name.isupper():
            return name
    return None


def functions(path):
    """All function definitions of a C file."""
    text = plain_of(read(path))
    depth, start, body_at, head, found = 0, 0, 0, "", []
    for match in re.finditer(r"[{};]", text):
        char = match.group(0)
        if char == "{":
            if depth == 0:
                head, body_at = text[start:match.start()], match.start()
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                name = function_name(head)
                if name:
                    line = text.count("\n", 0, body_at) + 1
                    found.append(Function(path, name, head, line,
                                          text[body_at:match.end()]))
                start = match.end()
        elif depth == 0:
            start = match.end()
    return found


def ratchet(name):
    """The numbers of <name>.max: words to numbers; absent words are 0."""
    limits = {}
    path = os.path.join(LINT, name + ".max")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = line.split("#")[0].split()
                if len(words) == 2:
                    limits[words[0]] = int(words[1])
    return limits


class Report:
    """Rules and their findings; prints the findings and the last line."""

    def __init__(self, name):
        self.limits = ratchet(name)
        self.name = name
        self.passed = self.failed = 0

    def rule(self, rule, findings):
        """One rule: fails with more findings than its ratchet allows."""
        limit = self.limits.get(rule, 0)
        if len(findings) > limit:
            for finding in findings:
                print(f"{finding} [{self.name}/{rule}]")
            if limit:
                print(f"{self.name}/{rule}: {len(findings)} findings, "
                      f"{limit} allowed by {self.name}.max")
            self.failed += 1
            return
        if len(findings) < limit:
            print(f"note: {self.name}.max may be tightened: {rule} "
                  f"{len(findings)}")
        self.passed += 1

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed != 0
