"""What is done to events and to time: how they come, what is in them, how many, and by which clock."""

from __future__ import annotations

from tests.chaos.catalogue_row import Row

ROWS: tuple[Row, ...] = (
    Row(
        "R3",
        "P2",
        "each record delivered one to five times, and old ones again 10,000 later",
        ("test_redelivery::test_what_comes_up_to_five_times_and_old_ones_again_is_applied_once",),
        ("repeated_deliveries",),
        ("test_redelivery::test_without_the_versions_that_were_seen_pushes_are_doubled",),
        "lists, pushes, numbers and places equal to those of single delivery",
    ),
    Row(
        "R4",
        "P2",
        "records out of order within a window, also before an earlier one of their own permit",
        (
            "test_late_arrival::test_decisions_in_any_order_make_the_lists_of_those_in_order",
            "test_late_arrival::test_a_permit_with_a_gap_stands_still_until_what_is_missing_arrives",
        ),
        ("reordered_deliveries",),
        ("test_late_arrival::test_without_waiting_for_what_is_missing_pushes_stand_in_the_wrong_order",),
        "order kept for each permit; all equal to what those in order make",
    ),
    Row(
        "R7",
        "P3",
        "what no release can read, what the fold refuses, what the database refuses, nesting without end, NUL, half a "
        "character",
        (
            "test_poison::test_each_poison_parks_its_permit_with_a_reason_and_after_the_repair_all_is_as_if_it_had_never_been",
            "test_poison::test_what_a_log_delivers_damaged_parks_and_a_good_copy_heals_it",
        ),
        ("poisoned_deliveries",),
        (
            "test_poison::test_a_worker_that_logs_and_goes_on_never_comes_to_what_it_should_be",
            "test_poison::test_without_halving_one_row_that_the_database_refuses_holds_up_everybody",
        ),
        "others unaffected; each parked with its reason; followers held; after the repair as if it had never been",
    ),
    Row(
        "R8",
        "P2",
        "eight writers that commit sooner or later, and a reader",
        ("test_reader_race::test_of_eight_writers_at_once_a_reader_misses_nothing_and_sees_each_stream_in_order",),
        ("eight_writers",),
        ("test_reader_race::test_an_event_whose_writer_commits_after_a_later_one_is_read_all_the_same",),
        "0 skipped, while a reader of a sequence skips some",
    ),
    Row(
        "R9",
        "P4",
        "the lists are made anew from the ledger while decisions come",
        (
            "test_rebuild::test_a_rebuild_changes_nothing_that_is_right_and_says_nothing",
            "test_rebuild::test_decisions_that_come_while_lists_change_names_again_and_again_are_in_the_list",
        ),
        ("rebuild_while_live",),
        ("test_rebuild::test_without_catching_up_what_was_pushed_meanwhile_would_be_missing",),
        "the same to the byte; nobody is told anything twice",
        "Projections besides the watch lists are not made anew.",
    ),
    Row(
        "R12",
        "P7",
        "a reader that is slower than what comes",
        (
            "test_lag::test_an_event_that_waits_in_the_outbox_counts_from_when_it_was_recorded",
            "test_lag::test_a_lag_that_is_flat_is_behind_and_one_that_falls_is_catching_up",
        ),
        ("slow_reader",),
        ("test_clock_skew::test_believing_its_stamps_shows_lag_that_is_none_or_silence_where_somebody_speaks",),
        "the lag is true to 1 s; 落后 is said within 30 s; memory stays flat",
    ),
    Row(
        "R13",
        "P2 P7",
        "the clock of the source is an hour or three days off, either way; ours leaps ten minutes or ten days, "
        "ahead and back",
        (
            "test_clock_skew::test_a_waiting_event_is_as_old_as_it_is_however_far_off_the_clock_of_its_side_is",
            "test_clock_skew::test_an_event_in_the_ledger_is_as_old_as_it_is",
            "test_clock_skew::test_our_own_clock_may_be_set_too",
            "test_clock_skew::test_after_our_clock_went_back_no_worker_spoke_in_the_time_to_come",
            "test_scheduler_faults::test_a_clock_that_leaps_ten_days_ahead_and_is_set_right_within_ten_minutes_reminds_nobody",
            "test_scheduler_faults::test_a_clock_that_leaps_back_and_comes_again_says_nothing_twice",
        ),
        ("clocks_apart",),
        (
            "test_chaos_clocks::test_a_process_whose_clock_goes_back_sees_another_time_of_day_and_waits_no_longer",
            "test_clock_skew::test_believing_its_stamps_never_notices_that_silence",
            "test_scheduler_faults::test_without_doubt_a_clock_that_leapt_ahead_makes_a_reproach_to_who_is_in_time",
        ),
        "order by number, never by time; what is said of clocks true within 2.5 s; no lag below 0; last days by our "
        "server's day; nobody reproached",
        "Processes and PostgreSQL are told another time of day, the kernel's is not set. Until a clock "
        "that was set is measured anew, seconds later, a lag may be said that is too long. Who dies before our clock "
        "goes back is called silent (失联) as much later.",
    ),
    Row(
        "R16",
        "P1 P2",
        "random days of both sides, with what is heard twice, late and in pieces and readers that die, against plain "
        "dictionaries",
        ("test_linkage_model::test_both_sides_come_to_know_what_plain_dictionaries_say",),
        (),
        (
            "test_linkage_model::test_without_the_versions_that_were_seen_a_random_day_ends_otherwise",
            "test_linkage_model::test_a_task_that_outlives_its_penalty_is_noticed",
        ),
        "no day ends otherwise",
        "16 days of 40 steps in every run; `LINKAGE_TEST_MODEL_DAYS=2000` is the full size.",
    ),
    Row(
        "R22",
        "P1",
        "a database at the shape of an earlier release, with events in it, comes to this release's",
        ("test_migrating::test_services_that_start_together_migrate_once",),
        ("upgrade_with_events",),
        ("test_migrating::test_a_database_of_a_newer_release_is_refused_with_the_way_out",),
        "0 lost, lists equal, migrated within 60 s at 100,000 events",
        "The earlier shape is this release's steps up to there with this release's events in it, no installed release. "
        "A restore from a backup is not among the scenarios.",
    ),
    Row(
        "R24",
        "P7",
        "a standstill of ten days; a calendar without the next year's notice",
        (
            "test_scheduler_faults::test_after_ten_days_of_standstill_each_is_said_once_in_the_order_of_the_days",
            "test_working_days::test_a_limit_is_an_estimate_exactly_when_it_runs_into_days_that_no_notice_covers",
            "test_push_deadlines::test_a_notice_that_comes_late_moves_the_day_of_a_push_and_no_receipt_moves_it_back",
            "test_deadlines::test_a_notice_that_is_loaded_moves_what_was_estimated_and_what_was_said_too_early_is_said_in_its_time",
        ),
        (),
        (
            "test_scheduler_faults::test_who_goes_item_by_item_catches_up_in_the_wrong_order",
            "test_scheduler_faults::test_who_makes_up_for_each_missed_day_reminds_ten_times",
        ),
        "each reminder once, in order; a last day that no notice covers is called 预估",
        "Whole processes are not stopped for ten days: the day is given to them.",
    ),
)
