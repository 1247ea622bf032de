"""docs/findings.md, from the enumerations of codes and from where they are used."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from canonical.advice import Advice
from gateway.explanation import OWN_ADVICE
from translators import flat
from translators.flat.advice import ADVICE as FLAT_ADVICE
from translators.x12 import findings as x12
from translators.x12.advice import ADVICE as X12_ADVICE
from translators.x12.maps.advice import ADVICE as BUSINESS_ADVICE
from translators.x12.maps.findings import BusinessFault

from . import markdown, wording

ROOT = Path(__file__).resolve().parents[2]
X12 = ROOT / "translators" / "x12"
FLAT = ROOT / "translators" / "flat"
GATEWAY = ROOT / "gateway"

_ACK = re.compile(r"(TA105|AK304|AK403|AK502|AK905):\w+")
_BARE = {"elements.py": "AK403", "validate.py": "AK304"}
"""Files that give codes without the element they stand in, which is always the same there."""


def render() -> str:
    return markdown.page(
        "Findings",
        "`translators/` and `gateway/`",
        "Whatever is wrong or odd in a file is a finding with one of these codes. `tally check` and `tally doc show` show them, "
        "and the sender reads them in its 997, TA1 or report. An **error** rejects the document, group or interchange it belongs to; a "
        "**warning** does not; a **note** is information.",
        "`tally check FILE` shows each with the piece of the file it is about, what was expected there and what to do; `--html PAGE` "
        "writes the same as a page for the sender, and `--json` as data.",
        "*Answered as* is the code of the acknowledgement, after its element: AK304 a fault of a segment, AK403 of an element, "
        "AK502 of a transaction set, AK905 of a group, TA105 of an interchange. What has none is not told in an acknowledgement.",
        *_x12(),
        "## Business rules",
        "Found by the maps in a set that is sound as X12. An error that names a segment is told in the 997 as AK304:8 and rejects the set "
        "with AK502:5.",
        *(
            _section(
                code, severity, "AK304:8" if "error" in severity else "", meaning, BUSINESS_ADVICE[BusinessFault(code)]
            )
            for code, (severity, meaning) in business().items()
        ),
        "## CSV",
        "Told with row and column, and in the report that answers the file. Errors reject the document they belong to; those of the "
        "file as a whole reject the file.",
        *(
            _section(code.value, csv_severity(code), "", wording.CSV_FINDINGS[code.value], FLAT_ADVICE[code])
            for code in flat.Code
        ),
        "## The agreement",
        *(
            _section(code, *_gateway_severity(text), OWN_ADVICE[code])
            for code, text in wording.GATEWAY_FINDINGS.items()
        ),
    )


def _section(code: str, severity: str, answered: str, meaning: str, advice: Advice) -> str:
    """One code: what it means, what it looks like, what whoever sent it has to do, and how it is answered."""
    weight = f"**{severity}**" + (f", answered as {answered}" if answered else "")
    lines = [f"{weight}. {meaning}", f"- Example: {advice.example}", f"- What to do: {advice.todo}"]
    return f"### {code}\n\n{lines[0]}\n\n" + "\n".join(line.replace("<", "&lt;") for line in lines[1:])


def _x12() -> Iterator[str]:
    sentences = x12_sentences()
    for title, codes in zip(wording.X12_GROUPS, x12_blocks(), strict=True):
        yield f"## {title}"
        for code in codes:
            answered = ", ".join(sorted(ack_codes().get(code, ()))) or wording.X12_ACK_CODES.get(code.value, "")
            yield _section(code.value, x12.severity(code).value, answered, sentences[code.value], X12_ADVICE[code])


def business() -> dict[str, tuple[str, str]]:
    """Severity and meaning of each business fault; the sentence says so first where it is no warning."""
    return {code: _business(sentence) for code, sentence in business_sentences().items()}


def _business(sentence: str) -> tuple[str, str]:
    for severity in ("error or warning", "error"):
        rest = sentence.removeprefix(f"{severity.capitalize()}: ")
        if rest != sentence:
            return severity, rest[0].upper() + rest[1:]
    return "warning", sentence


def _gateway_severity(sentence: str) -> tuple[str, str, str]:
    stripped = sentence.removeprefix("Warning: ")
    return ("error" if stripped == sentence else "warning"), "", stripped


# The sentence under each member of an enumeration.


def x12_sentences() -> dict[str, str]:
    return _sentences(X12 / "findings.py", "Code")


def business_sentences() -> dict[str, str]:
    return _sentences(X12 / "maps" / "findings.py", "BusinessFault")


def _sentences(path: Path, enumeration: str) -> dict[str, str]:
    """The values of an enumeration, each with the text that stands under it; those without one are left out."""
    body = _class(path, enumeration).body
    found = {}
    for member, text in pairwise(body):
        if isinstance(member, ast.Assign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[ast.literal_eval(member.value)] = markdown.summary(str(text.value.value))
    return found


def x12_blocks() -> list[list[x12.Code]]:
    """The codes in the blocks that blank lines make in the source."""
    blocks: list[list[x12.Code]] = []
    end = 0
    for node in _class(X12 / "findings.py", "Code").body[1:]:
        if isinstance(node, ast.Assign):
            if node.lineno > end + 1:
                blocks.append([])
            blocks[-1].append(x12.Code(ast.literal_eval(node.value)))
        end = node.end_lineno or node.lineno
    return blocks


def _class(path: Path, name: str) -> ast.ClassDef:
    return next(node for node in _tree(path).body if isinstance(node, ast.ClassDef) and node.name == name)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


# The acknowledgement's code for each finding: what stands in the same statement.


@cache
def ack_codes() -> dict[x12.Code, frozenset[str]]:
    found: dict[x12.Code, set[str]] = {}
    for path in sorted(X12.glob("*.py")):
        for function in _functions(path):
            for statement in _statements(function):
                acks = _acks(statement, function, _BARE.get(path.name))
                for member in _members(statement, "Code"):
                    found.setdefault(x12.Code[member], set()).update(acks)
    return {code: frozenset(acks) for code, acks in found.items()}


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef))


def _statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements that hold no others."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.Expr | ast.Return):
            yield node


def _members(node: ast.AST, enumeration: str) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == enumeration:
            yield inner.attr


def _acks(statement: ast.stmt, function: ast.FunctionDef, bare: str | None) -> set[str]:
    """The codes written in a statement, or in what its variables were set to."""
    texts = set(_texts(statement))
    names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    for other in _statements(function):
        if isinstance(other, ast.Assign) and {node.id for node in other.targets if isinstance(node, ast.Name)} & names:
            texts |= set(_texts(other))
    found = {text for text in texts if _ACK.fullmatch(text)}
    if bare is not None:
        found |= {f"{bare}:{text}" for text in texts if re.fullmatch("[1-9][0-9]?", text)}
    return found


def _texts(node: ast.AST) -> Iterable[str]:
    return (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant) and isinstance(inner.value, str))


# How much a CSV finding weighs: what its place in the source says, an error where it says nothing.


def csv_severity(code: flat.Code) -> str:
    found = _csv_severities()[code.name]
    return " or ".join(severity for severity in ("error", "warning", "note") if severity in found)


@cache
def _csv_severities() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {code.name: set() for code in flat.Code}
    for path in FLAT.glob("*.py"):
        default = "warning" if path.name == "checks.py" else "error"
        for node in ast.walk(_tree(path)):
            parts = [*node.args, *node.keywords] if isinstance(node, ast.Call) else getattr(node, "elts", [])
            stated = [member.lower() for part in parts for member in _members(part, "Severity")]
            for part in parts:
                for member in _own_members(part):
                    found[member].add(stated[0] if stated else default)
    return found


def _own_members(node: ast.AST) -> set[str]:
    return {node.attr} if isinstance(node, ast.Attribute) and _is_code(node.value) else set()


def _is_code(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "Code"


def gateway_codes() -> set[str]:
    """The codes that the gateway itself gives, wherever it makes a finding."""
    found = set()
    for path in GATEWAY.rglob("*.py"):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                found |= {str(ast.literal_eval(word.value)) for word in node.keywords if word.arg == "code"}
    return found


def undocumented() -> list[str]:
    missing = sorted({code.value for code in x12.Code} - x12_sentences().keys())
    missing += sorted({code.value for code in BusinessFault} - business_sentences().keys())
    missing += sorted({code.value for code in flat.Code} ^ wording.CSV_FINDINGS.keys())
    missing += sorted(f"{code} (advice)" for code in _unadvised())
    missing += sorted(gateway_codes() ^ wording.GATEWAY_FINDINGS.keys())
    return missing + [f"{code} (computed)" for code in wording.X12_ACK_CODES if ack_codes().get(x12.Code(code))]


def _unadvised() -> Iterator[str]:
    """Codes of which nothing says what to do."""
    yield from (code.value for code in x12.Code if code not in X12_ADVICE)
    yield from (code.value for code in BusinessFault if code not in BUSINESS_ADVICE)
    yield from (code.value for code in flat.Code if code not in FLAT_ADVICE)
    yield from wording.GATEWAY_FINDINGS.keys() ^ OWN_ADVICE.keys()
