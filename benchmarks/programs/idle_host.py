"""A host with idle plugins: `COUNT SECONDS` -> RSS in MiB, CPU in % of a core, switches/s, PSS in MiB.

RSS, CPU and voluntary context switches are the host's own; PSS is of the host, its warden and all plugins.
"""

import asyncio
import resource
import sys

import msgspec
import psutil

from benchmarks.plugin_folders import plugin_folders
from benchmarks.process_tree import pss_mib
from host import PluginHost

_SETTLE_S = 1.0


async def _measure(count: int, seconds: float) -> list[float]:
    with plugin_folders(count) as (folder, plugins):
        async with PluginHost(plugins=[folder]) as host:
            failed = await host.load_all()
            if failed or len([view for view in host.plugins() if view.pid]) != len(plugins):
                raise RuntimeError(f"{len(failed)} of {count} did not start: {[*failed.values()][:1]}")
            await asyncio.sleep(_SETTLE_S)
            before = resource.getrusage(resource.RUSAGE_SELF)
            await asyncio.sleep(seconds)
            after = resource.getrusage(resource.RUSAGE_SELF)
            this = psutil.Process()
            rss_mib = this.memory_info().rss / 2**20
            all_pss_mib = sum(pss_mib(one.pid) for one in (this, *this.children(recursive=True)))
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [rss_mib, cpu_s / seconds * 100, (after.ru_nvcsw - before.ru_nvcsw) / seconds, all_pss_mib]


if __name__ == "__main__":
    # A plugin takes a handful of descriptors.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(msgspec.json.encode(asyncio.run(_measure(int(sys.argv[1]), float(sys.argv[2])))).decode())
