"""Every rule, one a file, in the order of their codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from async_test_template.findings import Tier
from async_test_template.rules import (
    at101_asyncio_mode_legacy,
    at102_asyncio_mode_legacy_option,
    at103_fixture_loop_scope_unset,
    at104_fixture_wider_than_loop,
    at105_loop_scope_mismatch,
    at106_loop_scope_invalid,
    at107_ini_value_not_bare,
    at108_fixture_scope_too_new,
    at109_loop_scope_too_new,
    at110_setting_misspelt,
    at111_option_set_in_hook,
    at112_async_tests_unmarked,
    at113_auto_mode_with_anyio,
    at114_two_auto_modes,
    at115_anyio_mode_invalid,
    at116_trio_mode_with_auto_mode,
    at117_anyio_backends_removed,
    at118_aiohttp_options_removed,
    at119_no_asyncio_with_aiohttp,
    at120_marker_registered_twice,
    at121_setting_without_plugin,
    at122_setting_not_as_asked,
    at123_anyio_mode_unset,
    at201_configuration_shadowed,
    at202_pytest_section_in_setup_cfg,
    at203_setup_cfg_section_elsewhere,
    at204_native_table_too_new,
    at205_both_tables,
    at206_native_types,
    at207_native_timeout,
    at208_options_outside_table,
    at209_list_for_text,
    at211_filter_of_removed_warning,
    at212_strict_option,
    at213_strictness_in_addopts,
    at214_byte_order_mark,
    at215_config_file_missing,
    at216_missing_await_unguarded,
    at301_timeout_option_spelling,
    at302_timeout_not_a_number,
    at303_timeout_method_thread,
    at304_timeout_mark_without_argument,
    at305_timeout_empty,
    at306_no_timeout,
    at401_pytest_asyncio_capped,
    at402_pytest_capped,
    at403_plugin_not_declared,
    at404_dependency_superseded,
    at405_lock_file_behind,
    at501_event_loop_in_async_function,
    at502_event_loop_in_sync_function,
    at503_event_loop_in_usefixtures,
    at504_event_loop_override,
    at506_event_loop_policy_fixture,
    at507_policy_set_in_tests,
    at508_mark_added_by_hook,
    at509_get_event_loop_in_sync_code,
    at510_run_in_running_loop,
    at511_loop_closed_in_test,
    at512_import_from_plugin,
    at513_loop_factories_unused,
    at601_mark_scope_argument,
    at603_mark_positional_scope,
    at604_mark_forbid_global_loop,
    at605_mark_asyncio_event_loop,
    at606_mark_asyncio_process_pool,
    at607_mark_on_sync_test,
    at608_mark_on_fixture,
    at609_mark_in_auto_mode,
    at610_two_runners,
    at701_async_fixture_in_strict_mode,
    at702_fixture_without_loop_scope,
    at703_loop_narrower_than_fixture,
    at704_yield_fixture,
    at705_positional_fixture_scope,
    at706_wide_fixture_method,
    at707_async_setup_function,
    at708_nose_setup_method,
    at711_async_test_in_testcase,
    at712_async_generator_test,
    at713_async_test_returns,
    at801_anyio_backend_returns_list,
    at804_autouse_fixture_without_backend,
    at811_async_client_app,
    at812_client_proxies,
    at818_test_client_allow_redirects,
    at901_loop_fixture,
    at902_renamed_aiohttp_fixture,
    at904_client_by_run_until_complete,
    at905_aiohttp_pytest_plugin,
    at906_unittest_run_loop,
    at908_aiohttp_testcase_setup,
    at911_parametrize_positional,
    at912_msg_argument,
    at913_asyncio_iscoroutinefunction,
    at914_asynctest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from async_test_template.findings import Finding, Rule
    from async_test_template.project import Project

ALL: tuple[Rule, ...] = (
    at101_asyncio_mode_legacy.RULE,
    at102_asyncio_mode_legacy_option.RULE,
    at103_fixture_loop_scope_unset.RULE,
    at104_fixture_wider_than_loop.RULE,
    at105_loop_scope_mismatch.RULE,
    at106_loop_scope_invalid.RULE,
    at107_ini_value_not_bare.RULE,
    at108_fixture_scope_too_new.RULE,
    at109_loop_scope_too_new.RULE,
    at110_setting_misspelt.RULE,
    at111_option_set_in_hook.RULE,
    at112_async_tests_unmarked.RULE,
    at113_auto_mode_with_anyio.RULE,
    at114_two_auto_modes.RULE,
    at115_anyio_mode_invalid.RULE,
    at116_trio_mode_with_auto_mode.RULE,
    at117_anyio_backends_removed.RULE,
    at118_aiohttp_options_removed.RULE,
    at119_no_asyncio_with_aiohttp.RULE,
    at120_marker_registered_twice.RULE,
    at121_setting_without_plugin.RULE,
    at122_setting_not_as_asked.RULE,
    at123_anyio_mode_unset.RULE,
    at201_configuration_shadowed.RULE,
    at202_pytest_section_in_setup_cfg.RULE,
    at203_setup_cfg_section_elsewhere.RULE,
    at204_native_table_too_new.RULE,
    at205_both_tables.RULE,
    at206_native_types.RULE,
    at207_native_timeout.RULE,
    at208_options_outside_table.RULE,
    at209_list_for_text.RULE,
    at211_filter_of_removed_warning.RULE,
    at212_strict_option.RULE,
    at213_strictness_in_addopts.RULE,
    at214_byte_order_mark.RULE,
    at215_config_file_missing.RULE,
    at216_missing_await_unguarded.RULE,
    at301_timeout_option_spelling.RULE,
    at302_timeout_not_a_number.RULE,
    at303_timeout_method_thread.RULE,
    at304_timeout_mark_without_argument.RULE,
    at305_timeout_empty.RULE,
    at306_no_timeout.RULE,
    at401_pytest_asyncio_capped.RULE,
    at402_pytest_capped.RULE,
    at403_plugin_not_declared.RULE,
    at404_dependency_superseded.RULE,
    at405_lock_file_behind.RULE,
    at501_event_loop_in_async_function.RULE,
    at502_event_loop_in_sync_function.RULE,
    at503_event_loop_in_usefixtures.RULE,
    at504_event_loop_override.RULE,
    at506_event_loop_policy_fixture.RULE,
    at507_policy_set_in_tests.RULE,
    at508_mark_added_by_hook.RULE,
    at509_get_event_loop_in_sync_code.RULE,
    at510_run_in_running_loop.RULE,
    at511_loop_closed_in_test.RULE,
    at512_import_from_plugin.RULE,
    at513_loop_factories_unused.RULE,
    at601_mark_scope_argument.RULE,
    at603_mark_positional_scope.RULE,
    at604_mark_forbid_global_loop.RULE,
    at605_mark_asyncio_event_loop.RULE,
    at606_mark_asyncio_process_pool.RULE,
    at607_mark_on_sync_test.RULE,
    at608_mark_on_fixture.RULE,
    at609_mark_in_auto_mode.RULE,
    at610_two_runners.RULE,
    at701_async_fixture_in_strict_mode.RULE,
    at702_fixture_without_loop_scope.RULE,
    at703_loop_narrower_than_fixture.RULE,
    at704_yield_fixture.RULE,
    at705_positional_fixture_scope.RULE,
    at706_wide_fixture_method.RULE,
    at707_async_setup_function.RULE,
    at708_nose_setup_method.RULE,
    at711_async_test_in_testcase.RULE,
    at712_async_generator_test.RULE,
    at713_async_test_returns.RULE,
    at801_anyio_backend_returns_list.RULE,
    at804_autouse_fixture_without_backend.RULE,
    at811_async_client_app.RULE,
    at812_client_proxies.RULE,
    at818_test_client_allow_redirects.RULE,
    at901_loop_fixture.RULE,
    at902_renamed_aiohttp_fixture.RULE,
    at904_client_by_run_until_complete.RULE,
    at905_aiohttp_pytest_plugin.RULE,
    at906_unittest_run_loop.RULE,
    at908_aiohttp_testcase_setup.RULE,
    at911_parametrize_positional.RULE,
    at912_msg_argument.RULE,
    at913_asyncio_iscoroutinefunction.RULE,
    at914_asynctest.RULE,
)


def run(project: Project, rules: Iterable[Rule]) -> list[Finding]:
    """Give the findings of some rules, by file, line and code.

    A fix whose gate is not met is left out: the finding then says which version it needs.
    """
    rules = tuple(rules)
    found = [(rule, f) for rule in rules if rule.check is not None for f in rule.check(project)]
    found += _visit(project, [rule for rule in rules if rule.visit is not None])
    findings = [
        finding if _gate_is_met(project, rule) else _without_fix(finding, rule)
        for rule, finding in found
    ]
    return sorted(findings, key=lambda f: (f.file, f.line, f.column, f.code, f.message))


def _visit(project: Project, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Finding]]:
    """Show each file to all rules at once, so that none is parsed more often than needed."""
    if not rules:
        return
    for module in project.code.modules:
        data = project.tree.read(module.file) or b""
        wanted = [rule for rule in rules if re.search(rule.words, data)]
        if wanted:
            source = project.code.sources.get(module.file)
            for rule in wanted:
                if rule.visit is not None:
                    yield from ((rule, finding) for finding in rule.visit(project, source))


def _gate_is_met(project: Project, rule: Rule) -> bool:
    return all(project.dependencies.at_least(name, version) for name, version in rule.gate)


def _without_fix(finding: Finding, rule: Rule) -> Finding:
    needs = " and ".join(f"{name} >= {version}" for name, version in rule.gate)
    hint = f"the fix needs {needs}, and the repository allows older ones"
    return finding._replace(tier=Tier.REPORT, edits=(), hint=hint)
