"""Runs the blocks of a page in the current folder: `guide.py docs/testing.md`.

A block whose first line is a comment with a file's name becomes that file. The lines of a block of shell are run one after another, and
end with 0 or with the code that `# exit code N` names. The commands of a workflow are run too.
"""

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

# A container takes Docker: without it the block is only collected.
PLAYWRIGHT = """
const executablePath = process.env.CHROMIUM;
export default { workers: 2, use: { launchOptions: { executablePath, args: ["--no-sandbox", "--disable-gpu"] } } };
"""


def run(line: str, code: int = 0) -> None:
    start = time.monotonic()
    ended = subprocess.run(["bash", "-c", line], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S)
    if ended.returncode != code:
        sys.exit(f"{ended.stdout}\n{line}: exit code {ended.returncode}, not {code}")
    print(f"{time.monotonic() - start:6.2f} s  {line}", flush=True)


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
            assert found, f"{name}: no command"
            lines += [(command, 0) for command in found]
        elif language == "sh":
            for line in text.splitlines():
                command, _, code = line.partition("# exit code ")
                lines.append((command.strip(), int(code.split(":")[0] or 0)))
        elif not name and language != "rust":
            sys.exit(f"{page}: a block of {language} without a file's name in its first line:\n{text}")
    pathlib.Path("playwright.config.mjs").write_text(PLAYWRIGHT)
    for command, code in lines:
        run(command, code)
    has_docker = shutil.which("docker") and subprocess.run(["docker", "image", "inspect", "touchline"], capture_output=True).returncode == 0
    run("pytest -q test_container.py" + ("" if has_docker else " --collect-only"))


main(*sys.argv[1:])
