#!/usr/bin/env python3
"""Reads a report of 'scopes check' as other programs do: reports.py sarif|junit <REPORT

Prints how many results failed, were wrong documents, were excused; status 1 and why if a reader refuses it.
"""
import json, pathlib, sys, xml.etree.ElementTree

import jsonschema, junitparser


def sarif(text):
    log = json.loads(text)
    schema = json.loads((pathlib.Path(__file__).parent / "sarif.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules), "a rule is given twice"
    failed = wrong = excused = 0
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"], "ruleIndex and ruleId differ"
        if result["ruleId"] == "unreadable-document":
            wrong += 1
        elif result.get("suppressions"):
            excused += 1
        elif result["level"] != "note":
            failed += 1
    assert run["invocations"][0]["executionSuccessful"] == (wrong == 0)
    return failed, wrong, excused


def junit(text):
    # Two readers, which have to count the same.
    root = xml.etree.ElementTree.fromstring(text.encode())
    cases = list(root.iter("testcase"))
    first = tuple(sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped"))
    report = junitparser.JUnitXml.fromstring(text.encode())
    second, tests = [0, 0, 0], 0
    for suite in report:
        counts = [0, 0, 0]
        for case in suite:
            tests += 1
            assert case.name and case.classname == suite.name
            for result in case.result:
                kinds = [junitparser.Failure, junitparser.Error, junitparser.Skipped]
                if type(result) in kinds:
                    assert result.message
                    counts[kinds.index(type(result))] += 1
        assert [suite.failures, suite.errors, suite.skipped] == counts, (suite.name, counts)
        assert suite.tests == len(list(suite))
        second = [a + b for a, b in zip(second, counts)]
    assert tuple(second) == first and tests == len(cases) == int(root.get("tests")), (first, second)
    assert [int(root.get(name)) for name in ("failures", "errors", "skipped")] == second
    return first


failed, wrong, excused = {"sarif": sarif, "junit": junit}[sys.argv[1]](sys.stdin.read())
print(f"{failed} failed, {wrong} wrong, {excused} excused")
