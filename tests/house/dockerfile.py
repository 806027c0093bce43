"""A Dockerfile as a list of instructions: enough of the grammar to check ours."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

KNOWN = {"FROM", "LABEL", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE"} | {
    "HEALTHCHECK",
    "CMD",
}


@dataclass(frozen=True)
class Instruction:
    """One instruction with its arguments as written, continuation lines joined."""

    name: str
    arguments: str

    @property
    def words(self) -> list[str]:
        if self.arguments.startswith("["):
            return [str(word) for word in json.loads(self.arguments)]
        return shlex.split(self.arguments)


@dataclass(frozen=True)
class Stage:
    base: str
    name: str
    instructions: list[Instruction]

    def all(self, name: str) -> list[Instruction]:
        return [each for each in self.instructions if each.name == name]

    def last(self, name: str) -> Instruction:
        return self.all(name)[-1]

    @property
    def environment(self) -> dict[str, str]:
        pairs = (word.partition("=") for each in self.all("ENV") for word in each.words)
        return {name: value for name, _, value in pairs}

    @property
    def copied_sources(self) -> list[tuple[list[str], str]]:
        """What is copied from the build context, and where to."""
        found = [each.words for each in self.all("COPY")]
        return [(words[:-1], words[-1]) for words in found if not words[0].startswith("--from")]


def stages(text: str) -> list[Stage]:
    found: list[Stage] = []
    for instruction in instructions(text):
        if instruction.name == "FROM":
            base, _, name = instruction.arguments.partition(" AS ")
            found.append(Stage(base=base, name=name, instructions=[]))
        else:
            found[-1].instructions.append(instruction)
    return found


def instructions(text: str) -> list[Instruction]:
    """
    :raises ValueError: at a line that is no instruction we know
    """
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    found = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, arguments = line.partition(" ")
        if name not in KNOWN:
            raise ValueError(f"Not an instruction of ours: {line}")
        found.append(Instruction(name=name, arguments=arguments.strip()))
    return found
