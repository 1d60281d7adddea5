"""bench/sass.py reads machine code: loops, ways through them, loads in flight."""

import pathlib
import sys

from optimc_cli import SOURCE

sys.path.insert(0, str(pathlib.Path(SOURCE) / "bench"))

import sass  # noqa: E402

# Two nested loops; the inner one has a slow path with a call.
TEXT = """
	code for sm_90
		Function : step
        /*0000*/                   LDC R1, c[0x0][0x28] ;     /* 0x00000a00ff017b82 */
                                                              /* 0x000fe20000000800 */
        /*0010*/                   MOV R2, RZ ;
        /*0020*/                   IADD3 R2, R2, 0x1, RZ ;
        /*0030*/                   LDG.E.128 R4, desc[UR4][R2.64] ;
        /*0040*/                   LDG.E.64.CONSTANT R8, desc[UR4][R2.64+0x10] ;
        /*0050*/                   FADD R12, R4, R8 ;
        /*0060*/                   LDG.E R13, desc[UR4][R2.64+0x20] ;
        /*0070*/              @!P0 BRA 0xa0 ;
        /*0080*/                   MOV R14, 0xa0 ;
        /*0090*/                   CALL.REL.NOINC 0x200 ;
        /*00a0*/                   STG.E.128 desc[UR4][R2.64], R4 ;
        /*00b0*/               @P1 BRA 0x30 ;
        /*00c0*/                   STG.E.U16 desc[UR4][R2.64], R4 ;
        /*00d0*/               @P2 BRA 0x20 ;
        /*00e0*/                   EXIT ;
        /*00f0*/                   BRA 0xf0 ;
		Function : other
        /*0000*/                   EXIT ;
"""


def hot_loop():
    kernels = sass.parse(TEXT)
    assert list(kernels) == ["step", "other"]
    assert kernels["other"].hot_loop() is None
    return kernels["step"].hot_loop()


def test_the_hot_loop_is_the_inner_one():
    loop = hot_loop()
    assert [i.address for i in loop.instructions] == list(range(0x30, 0xC0, 0x10))


def test_widths():
    loop = hot_loop()
    assert loop.accesses("is_load") == {16: 1, 8: 1, 4: 1}
    assert loop.accesses("is_store") == {16: 1}
    assert sass.parse(TEXT)["step"].instructions[12].bytes == 2


def test_loads_count_until_the_first_use():
    assert hot_loop().in_flight() == 24


def test_an_address_that_was_loaded_is_a_use():
    loop = hot_loop()
    loop.instructions[1].operands = "R8, desc[UR4][R4.64+0x10]"
    assert loop.in_flight() == 16


def test_the_shortest_way_calls_nothing():
    assert hot_loop().shortest() == 7
