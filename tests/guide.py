"""Runs the blocks of a page in the current folder: `guide.py docs/testing.md`.

A block whose first line is a comment with a file's name becomes that file. The lines of a block of shell are run one after another, and
end with 0 or with the code that `# exit code N` names. The commands of a workflow are run too.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import yaml

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(?:#|//) ([\w./-]+\.(?:py|m?js|java|ya?ml))\n")
# Rust is run by `cargo test --doc`.
LANGUAGES = {"python", "js", "java", "yaml", "sh", "rust"}
LIMIT_S = 120

# The browser of this system, for which a user has `npx playwright install`.
PLAYWRIGHT = """
const executablePath = process.env.CHROMIUM;
export default { workers: 2, use: { launchOptions: { executablePath, args: ["--no-sandbox", "--disable-gpu"] } } };
"""


def is_missing(line: str) -> bool:
    """Whether a line cannot be run for want of a program; that fails under CI=true."""
    needs = {"npx playwright": os.environ.get("CHROMIUM"), "java ": shutil.which("java")}
    missing = next((what for what, found in needs.items() if line.startswith(what) and not found), None)
    if missing and os.environ.get("CI") == "true":
        sys.exit(f"{line}: not installed")
    return missing is not None


def run(line: str, code: int = 0, limit: float = LIMIT_S) -> None:
    if is_missing(line):
        print(f"SKIPPED: {line}")
        return
    start = time.monotonic()
    ended = subprocess.run(["bash", "-c", line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S)
    if ended.returncode != code:
        sys.exit(f"{ended.stdout}\n{line}: exit code {ended.returncode}, not {code}")
    took = time.monotonic() - start
    print(f"{took:6.2f} s  {line}", flush=True)
    if took > limit:
        sys.exit(f"{line}: took more than {limit:g} s")


def commands(workflow: object) -> list[str]:
    """What a workflow of GitHub or GitLab runs, in its order."""
    found: list[str] = []
    if isinstance(workflow, dict):
        for name, value in workflow.items():
            if name == "run":
                found.append(value)
            elif name == "script":
                found += value
            else:
                found += commands(value)
    elif isinstance(workflow, list):
        for one in workflow:
            found += commands(one)
    return found


def check_wrong_expectations() -> None:
    """A test of the page that expects the wrong score fails, and ends."""
    for name in ["test_first.py", "test_ticker.py"]:
        text = pathlib.Path(name).read_text()
        wrong = text.replace("(0, 1)", "(1, 1)").replace('"0-1"', '"1-1"')
        if wrong == text:
            sys.exit(f"{name}: no expectation to change")
        pathlib.Path(f"wrong_{name}").write_text(wrong)
        run(f"pytest -q wrong_{name}", 1)


def main(page: str) -> None:
    blocks = BLOCK.findall(pathlib.Path(page).read_text())
    lines: list[tuple[str, int]] = []
    for language, text in blocks:
        if language not in LANGUAGES:
            sys.exit(f"{page}: a block of {language}: there are {', '.join(sorted(LANGUAGES))}")
        name = NAME.match(text)
        if name:
            path = pathlib.Path(name[1])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if language == "yaml":
            found = commands(yaml.safe_load(text))
            if not found:
                sys.exit(f"{page}: a workflow without a command:\n{text}")
            lines += [(command, 0) for command in found]
        elif language == "sh":
            for line in text.splitlines():
                command, _, code = line.partition("# exit code ")
                lines.append((command.strip(), int(code.split(":")[0] or 0)))
        elif not name and language != "rust":
            sys.exit(f"{page}: a block of {language} without a file's name in its first line:\n{text}")
    pathlib.Path("playwright.config.mjs").write_text(PLAYWRIGHT)
    for index, (command, code) in enumerate(lines):
        # The first test of a new user.
        run(command, code, float(os.environ.get("GUIDE_LIMIT", LIMIT_S)) if index == 0 else LIMIT_S)
    check_wrong_expectations()
    # A container takes Docker: without the image the block is only loaded.
    has_docker = shutil.which("docker") and subprocess.run(["docker", "image", "inspect", "touchline"], capture_output=True).returncode == 0
    # Its helper container would be fetched from a registry.
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    run("pytest -q test_container.py" + ("" if has_docker else " --collect-only"))


if __name__ == "__main__":
    main(*sys.argv[1:])
