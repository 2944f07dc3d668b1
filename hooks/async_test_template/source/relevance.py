"""Which files are worth parsing, told by searching their bytes."""

import re

#: A file without any of these words holds nothing that a rule asks for, and is never parsed:
#: searching 26 MB of tests takes 0.1 s, parsing them 3.5 s.
RELEVANT = re.compile(
    rb"fixture|async[ \t]+def[ \t]+(?:test|setup_|teardown_)|def[ \t]+(?:setup|teardown)\("
    rb"|pytest(?:mark|_(?:asyncio|configure|plugins|pyfunc_call|pycollect_make|collection_modifyitems"
    rb"|itemcollected|ignore_collect|collect_file|report_))"
    rb"|mark\.(?:timeout|tryfirst|trylast|hookwrapper|optionalhook)|\.asyncio\b|asyncio\.coroutine"
    rb"|anyio|event_loop|AsyncClient|Client\(|testclient|aiohttp|httpx|TestCase|importorskip"
    rb"|asynctest|inicfg|warns\(None"
)
