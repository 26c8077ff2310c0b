#!/usr/bin/env python3
"""The JSON Schemas of etc/schema accept the shipped scope documents, and refuse those of broken-scopes.txt that are
marked as seen, and only those. Prints what is wrong, and what was looked at."""
import json, pathlib, re, sys

import jsonschema, yaml

root = pathlib.Path(__file__).resolve().parent.parent.parent


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors and grantkeeper read it: a day is a text, and so are yes and no."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), "tf")


def validator(path):
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def cases():
    case = None
    for number, line in enumerate((root / "Tests/Corpora/broken-scopes.txt").read_text().splitlines(), 1):
        if line.startswith("=== "):
            if case:
                yield case
            name, seen = line[4:].split(", ")
            case = {"line": number, "name": name, "seen": {"seen": True, "blind": False}[seen], "text": ""}
        elif case and not line.startswith(">>> "):
            case["text"] += line + "\n"
    yield case


def refused(name, text):
    try:
        document = yaml.load(text, Loader)
    except yaml.YAMLError:
        return False
    schema = root / "etc/schema" / name.replace(".yaml", ".json")
    return not validator(schema).is_valid(document)


def main():
    problems, shipped, seen, blind = [], 0, 0, 0
    for path in sorted((root / "etc/scopes").rglob("*.yaml")):
        first = path.read_text().splitlines()[0]
        schema = path.parent / first.removeprefix("# yaml-language-server: $schema=")
        if not schema.is_file():
            problems.append(f"{path.relative_to(root)}: its first line names no schema")
            continue
        for error in validator(schema).iter_errors(yaml.load(path.read_text(), Loader)):
            problems.append(f"{path.relative_to(root)}: {error.json_path}: {error.message}")
        shipped += 1
    for case in cases():
        if refused(case["name"], case["text"]) != case["seen"]:
            problems.append(f"broken-scopes.txt:{case['line']}: {'accepted' if case['seen'] else 'refused'}")
        seen, blind = seen + case["seen"], blind + (not case["seen"])
    print("\n".join(problems + [f"{shipped} shipped, {seen} seen, {blind} blind"]))
    sys.exit(1 if problems else 0)


main()
