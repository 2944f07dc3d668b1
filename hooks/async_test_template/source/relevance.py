"""Which files are worth parsing, told by searching their bytes."""

import re

#: A file without any of these words holds nothing that a rule asks for, and is never parsed:
#: searching 26 MB of tests takes 0.1 s, parsing them 3.5 s.
RELEVANT = re.compile(
    rb"fixture|async[ \t]+def[ \t]+test|pytest_asyncio|anyio|event_loop|pytest_configure"
    rb"|mark\.timeout|testclient|pytest_pyfunc_call|pytest_collection_modifyitems"
    rb"|pytest_itemcollected|pytest_pycollect_makeitem|pytestmark|\.asyncio\b|AsyncClient"
    rb"|Client\(|aiohttp|httpx|TestCase|importorskip|asynctest|pytest_plugins"
    rb"|async[ \t]+def[ \t]+(?:setup|teardown)_|def[ \t]+(?:setup|teardown)\("
)
