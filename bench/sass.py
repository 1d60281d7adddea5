"""Reads GPU machine code as `cuobjdump -sass` prints it.

Finds the hot loop of a kernel and counts what bounds its speed: instructions on
the shortest way through it, widths of accesses, bytes of loads before the first
use of one.
"""

import collections
import dataclasses
import heapq
import re

_FUNCTION = re.compile(r"Function : (\S+)")
_INSTRUCTION = re.compile(r"/\*([0-9a-f]{4,})\*/\s+(?:(@!?U?P\w+)\s+)?([A-Z][\w.]*)\s*([^;]*);")
_TARGET = re.compile(r"\b0x([0-9a-f]+)\b")
_REGISTER = re.compile(r"\b(R\d+)\b")


@dataclasses.dataclass
class Instruction:
    address: int
    predicate: str
    opcode: str
    operands: str

    @property
    def name(self):
        return self.opcode.split(".")[0]

    @property
    def modifiers(self):
        return self.opcode.split(".")[1:]

    @property
    def bytes(self):
        """What a load or store moves."""
        for width, size in (("256", 32), ("128", 16), ("64", 8), ("U16", 2), ("S16", 2), ("U8", 1),
                            ("S8", 1)):
            if width in self.modifiers:
                return size
        return 4

    @property
    def is_load(self):
        return self.name == "LDG"

    @property
    def is_store(self):
        return self.name == "STG"

    def target(self):
        """The address that a branch goes to."""
        if self.name != "BRA":
            return None
        match = None
        for match in _TARGET.finditer(self.operands):
            pass
        return int(match.group(1), 16) if match else None

    def written(self):
        """The registers of a load."""
        first = _REGISTER.match(self.operands.strip())
        if not first:
            return set()
        number = int(first.group(1)[1:])
        return {f"R{number + k}" for k in range(max(1, self.bytes // 4))}

    def mentions(self):
        """Registers that the instruction reads or writes."""
        return set(_REGISTER.findall(self.operands))


@dataclasses.dataclass
class Loop:
    instructions: list  # from the head to the branch back

    def bytes(self, kind, skipped=()):
        """Without accesses of the widths `skipped`."""
        return sum(i.bytes for i in self.instructions
                   if getattr(i, kind) and i.bytes not in skipped)

    def accesses(self, kind):
        """{bytes: number}"""
        return dict(collections.Counter(
            i.bytes for i in self.instructions if getattr(i, kind)))

    def in_flight(self):
        """Bytes of loads issued before the first use of one of them."""
        loaded, total = set(), 0
        for instruction in self.instructions:
            if instruction.is_load:
                # An address may come from a register that was loaded before.
                address = instruction.operands.partition("[")[2]
                if loaded & set(_REGISTER.findall(address)):
                    return total
                loaded |= instruction.written()
                total += instruction.bytes
            elif loaded & instruction.mentions():
                return total
        return total

    def shortest(self):
        """Instructions on the shortest way from the head to the branch back:
        calls of slow paths are not taken."""
        index = {i.address: k for k, i in enumerate(self.instructions)}
        last = len(self.instructions) - 1
        best = {0: 0}
        queue = [(0, 0)]
        while queue:
            cost, k = heapq.heappop(queue)
            if k == last:
                return cost + 1
            if cost > best[k]:
                continue
            instruction = self.instructions[k]
            target = instruction.target()
            ways = []
            if target in index and index[target] > k:
                ways.append(index[target])
            # BRA.DIV and BRA.CONV go elsewhere only for threads apart.
            is_together = {"DIV", "CONV"} & set(instruction.modifiers)
            if target is None or instruction.predicate or is_together or "P" in instruction.operands.split(",")[0]:
                ways.append(k + 1)
            for way in ways:
                if way <= last and cost + 1 < best.get(way, 1 << 60):
                    best[way] = cost + 1
                    heapq.heappush(queue, (cost + 1, way))
        return len(self.instructions)


@dataclasses.dataclass
class Kernel:
    name: str
    instructions: list

    def count(self, *names):
        return sum(i.name in names for i in self.instructions)

    def loops(self):
        """Innermost loops."""
        index = {i.address: k for k, i in enumerate(self.instructions)}
        ranges = []
        for k, instruction in enumerate(self.instructions):
            target = instruction.target()
            if target in index and index[target] < k:
                ranges.append((index[target], k))
        inner = [r for r in ranges
                 if not any(o != r and r[0] <= o[0] and o[1] <= r[1] for o in ranges)]
        return [Loop(self.instructions[a:b + 1]) for a, b in inner]

    def hot_loop(self):
        """The loop that moves the most bytes at a time, or None."""
        loops = [l for l in self.loops() if l.bytes("is_store")]
        return max(loops, key=lambda l: l.bytes("is_load") + l.bytes("is_store"), default=None)


def parse(text):
    """The kernels of a cubin, by name."""
    kernels, current = {}, None
    for line in text.splitlines():
        if function := _FUNCTION.search(line):
            current = kernels.setdefault(function.group(1), Kernel(function.group(1), []))
        elif current and (match := _INSTRUCTION.search(line)):
            address, predicate, opcode, operands = match.groups()
            current.instructions.append(
                Instruction(int(address, 16), predicate or "", opcode, operands.strip()))
    return kernels
