"""The CUDA driver, as far as gpu_run.py needs it: memory, streams, events.

OPTIMC_LIBCUDA names another library than libcuda.so.1, for instance the one of
the simulator."""

import ctypes
import os

_p, _u64, _size = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_size_t


class DriverError(Exception):
    pass


class Driver:
    """One device, in its primary context, which torch uses, too."""

    def __init__(self, number=0):
        path = os.environ.get("OPTIMC_LIBCUDA", "libcuda.so.1")
        try:
            self.library = ctypes.CDLL(path)
        except OSError as error:
            raise DriverError(f"no CUDA driver: {error}") from None
        self.call("cuInit", 0)
        self.device = ctypes.c_int()
        self.call("cuDeviceGet", ctypes.byref(self.device), number)
        context = _p()
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), self.device)
        self.call("cuCtxSetCurrent", context)
        self.stream = _p()
        self.call("cuStreamCreate", ctypes.byref(self.stream), 1)

    def call(self, name, *args):
        code = getattr(self.library, name)(*args)
        if code:
            text = ctypes.c_char_p()
            self.library.cuGetErrorString(code, ctypes.byref(text))
            raise DriverError(f"{name}: {(text.value or b'error').decode()} ({code})")

    def name(self):
        buffer = ctypes.create_string_buffer(256)
        self.call("cuDeviceGetName", buffer, 256, self.device)
        return buffer.value.decode()

    def architecture(self):
        """90 for sm_90."""
        major, minor = ctypes.c_int(), ctypes.c_int()
        self.call("cuDeviceGetAttribute", ctypes.byref(major), 75, self.device)
        self.call("cuDeviceGetAttribute", ctypes.byref(minor), 76, self.device)
        return 10 * major.value + minor.value

    def allocate(self, size):
        address = _u64()
        self.call("cuMemAlloc_v2", ctypes.byref(address), _size(size))
        return address.value

    def free(self, address):
        self.call("cuMemFree_v2", _u64(address))

    def upload(self, address, array):
        self.call("cuMemcpyHtoD_v2", _u64(address), array.ctypes.data_as(_p), _size(array.nbytes))

    def download(self, array, address):
        self.call("cuMemcpyDtoH_v2", array.ctypes.data_as(_p), _u64(address), _size(array.nbytes))

    def copy(self, to, source, size):
        """Within the device, on the stream."""
        self.call("cuMemcpyDtoDAsync_v2", _u64(to), _u64(source), _size(size), self.stream)

    def synchronize(self):
        self.call("cuStreamSynchronize", self.stream)

    def event(self):
        event = _p()
        self.call("cuEventCreate", ctypes.byref(event), 0)
        return event

    def time(self, work, events):
        """Seconds that the device takes for what `work()` submits to the stream."""
        self.call("cuEventRecord", events[0], self.stream)
        work()
        self.call("cuEventRecord", events[1], self.stream)
        self.call("cuEventSynchronize", events[1])
        milliseconds = ctypes.c_float()
        self.call("cuEventElapsedTime", ctypes.byref(milliseconds), *events)
        return milliseconds.value * 1e-3
