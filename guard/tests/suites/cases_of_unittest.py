"""Methods that unittest's own runner calls."""

import asyncio
import unittest

BACKENDS = ("asyncio", "anyio")


async def forever():
    await asyncio.Event().wait()


async def fail():
    raise ValueError("nobody sees this")


class TestIt(unittest.IsolatedAsyncioTestCase):
    async def test_bad_leak(self):
        """left tasks running"""
        self.task = asyncio.create_task(forever())

    async def test_bad_error(self):
        """nobody sees this"""
        asyncio.create_task(fail())

    async def test_bad_hang(self):
        """hangs (timeout: 1 s)"""
        await forever()

    async def test_good_clean(self):
        pass

    async def test_good_failure_is_its_own(self):
        with self.assertRaises(AssertionError):
            self.assertEqual(1, 2)


class TestTearDown(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.addAsyncCleanup(self.end_other)

    async def end_other(self):
        self.other.cancel()

    async def asyncTearDown(self):
        self.task.cancel()

    async def test_good_ended_by_its_class(self):
        self.task = asyncio.create_task(forever())
        self.other = asyncio.create_task(forever())


class TestSetUpHangs(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        await forever()

    async def test_bad_set_up(self):
        """asyncSetUp of test_bad_set_up hangs (timeout: 1 s)"""


class TestTearDownHangs(unittest.IsolatedAsyncioTestCase):
    async def asyncTearDown(self):
        await forever()

    async def test_bad_tear_down(self):
        """asyncTearDown of test_bad_tear_down hangs (timeout: 1 s)"""

    async def test_bad_both(self):
        """hangs (timeout: 1 s)"""
        await forever()


class TestCleanUpHangs(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.addAsyncCleanup(forever)

    async def test_bad_clean_up_after_a_hang(self):
        """hangs (timeout: 1 s)"""
        await forever()
