"""What helps against an error, in the words of `async-test-template explain`."""

SAME_LOOP = "Give fixtures and tests the same loop scope."
LEFT_RUNNING = "Keep the task and await it, or cancel it and await it, before the test ends."
LEFT_ERROR = "Await the task, or start it in an `asyncio.TaskGroup`, which raises what went wrong."
NEVER_AWAITED = (
    "A call of an `async def` function only makes a coroutine. "
    "Nobody awaited this one, so its code never ran."
)
HANGS = "What it waits for never comes: a queue, an event, an answer of a server."
