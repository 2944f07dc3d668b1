"""What lives as long as the application, by key."""

import aiohttp
from aiohttp import web

http_key = web.AppKey("http", aiohttp.ClientSession)
