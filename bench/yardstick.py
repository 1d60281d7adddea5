"""What memory allows: the roofline, and a step's streams without its math."""

import ctypes
import pathlib

import torch

from measure import Contender


class Yardstick:
    def __init__(self, build, threads):
        path = pathlib.Path(build) / "lib" / "liboptim_yardstick.so"
        self.library = ctypes.CDLL(str(path)) if path.exists() else None
        self.threads = threads
        self.reason = "" if self.library else f"'{path}' does not exist"

    def bandwidth(self):
        """GB/s of read, copy, triad and update, or None."""
        if not self.library:
            return None
        values = (ctypes.c_double * 4)()
        if not self.library.optim_yardstick_bandwidth(ctypes.c_uint32(self.threads), values):
            return None
        return dict(zip(("read", "copy", "triad", "update"), values))

    def streams(self, problem):
        """The streams of AdamW or AdEMAMix, or None where there is no such loop."""
        if not self.library or problem.dtype_name != "f32":
            return None
        if problem.optimizer not in ("adamw", "ademamix"):
            return None
        names = ["param", "exp_avg", "exp_avg_sq"]
        names += ["slow"] if problem.optimizer == "ademamix" else []
        tensors = {name: [torch.zeros_like(g) for g in problem.grads] for name in names}
        tensors["grad"] = problem.grads
        n = len(problem.grads)

        def pointers(name):
            if name not in tensors:
                return None
            return (ctypes.c_void_p * n)(*(t.data_ptr() for t in tensors[name]))

        counts = (ctypes.c_int64 * n)(*(g.numel() for g in problem.grads))
        arguments = (ctypes.c_uint32(self.threads), ctypes.c_uint64(n), counts, pointers("param"),
                     pointers("grad"), pointers("exp_avg"), pointers("slow"),
                     pointers("exp_avg_sq"))
        function = self.library.optim_yardstick_streams
        if not function(*arguments):
            return None
        return Contender("streams", lambda: function(*arguments), keep=(tensors, arguments))
