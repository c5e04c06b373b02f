"""What is done to processes, to the database, to the broker, and to their disks."""

from __future__ import annotations

from tests.chaos.catalogue_row import JUDGE, NOTHING, Row

ROWS: tuple[Row, ...] = (
    Row(
        "R1",
        "P1 P2",
        "`kill -9` of each kind of process at random moments, one in three again before it is level: approval, "
        "supervision, sequencer, relay, projector, and the scheduler's, which sends canaries and notices too; "
        "of two projectors one goes for good, and another one comes",
        (
            "test_survives_faults::test_twenty_kills_at_random_moments_lose_and_double_nothing",
            "test_survives_faults::test_through_kafka_killed_relay_projector_and_broker_lose_and_double_nothing",
            "test_scheduler_faults::test_a_scheduler_killed_between_saying_and_committing_says_it_once_when_it_is_back",
        ),
        ("kills_embedded", "kills_kafka", "workers_change_embedded", "workers_change_kafka"),
        (
            "test_bookmark_and_batch::test_a_bookmark_that_is_committed_before_its_batch_loses_what_was_in_it",
            "test_scheduler_faults::test_one_that_notes_in_a_transaction_of_its_own_is_killed_and_never_says_it",
            JUDGE,
        ),
        NOTHING,
    ),
    Row(
        "R2",
        "P1",
        "`kill -9` of PostgreSQL under load; every address is asked meanwhile; a part is killed meanwhile too",
        (
            "test_survives_faults::test_while_postgresql_is_away_every_address_says_so_and_all_parts_go_on_by_themselves",
        ),
        ("postgres_killed",),
        (
            "test_durable_answers::test_what_is_acknowledged_outlives_a_kill_and_without_waiting_for_the_disk_it_does_not",
        ),
        f"{NOTHING}; 503 meanwhile, never 200",
        "A power cut that takes the machine's memory with it.",
    ),
    Row(
        "R5",
        "P1 P2",
        "the broker is killed and comes back; its disk is lost with unread events in it; its disk is full (R10)",
        (
            "test_survives_faults::test_through_kafka_killed_relay_projector_and_broker_lose_and_double_nothing",
            "test_own_checkpoints::test_a_broker_that_lost_its_disk_with_unread_events_in_it_is_filled_again",
            "test_relay::test_a_page_whose_broker_went_away_is_carried_again_before_those_that_were_read_ahead",
        ),
        ("broker_killed", "broker_disk_lost"),
        (
            "test_own_checkpoints::test_a_relay_that_does_not_look_after_what_it_published_loses_what_was_unread",
            "test_relay::test_a_relay_that_forgot_a_page_would_be_noticed",
        ),
        f"{NOTHING}; decisions are acknowledged meanwhile",
        "Outages as long as 10 and 60 min: 3 s in the quick size, 20 s in the full one.",
    ),
    Row(
        "R6",
        "P1 P2",
        "the broker, the database, or a projector stands still with its connections open, and goes on",
        (
            "test_survives_faults::test_a_projector_that_wakes_when_another_has_its_lease_changes_nothing",
            "test_kafka_follow::test_a_worker_is_level_soon_after_a_frozen_broker_thaws",
            "test_frozen_worker::test_a_worker_thawed_with_a_batch_in_its_hands_is_fenced",
        ),
        ("broker_frozen", "postgres_frozen", "projector_frozen"),
        ("test_frozen_worker::test_without_the_epoch_a_thawed_worker_doubles", JUDGE),
        NOTHING,
    ),
    Row(
        "R10",
        "P1",
        "the disk of the database, then that of the broker, is full until there is room again; so is the one where "
        "uploaded files are put aside",
        (
            "test_disk_reserve::test_what_was_taken_before_is_numbered_and_listed",
            "test_no_room_for_files::test_an_upload_without_room_is_refused_in_words_and_decisions_are_taken_all_the_same",
        ),
        ("disk_full", "broker_disk_full"),
        (JUDGE, "test_no_room_for_files::test_what_else_a_disk_may_answer_is_not_called_a_full_one"),
        f"{NOTHING}; 507 or 503 and never a false acknowledgement; nothing to do by hand",
    ),
    Row(
        "R11",
        "P1",
        "a flush of the database's log is answered with an input or output error (`strace`); the end of an exported "
        "ledger is cut off",
        (
            "test_proof_file::test_of_a_thousand_files_that_were_tampered_with_every_one_is_found",
            "test_torn_files::test_wherever_a_file_is_cut_off_both_verifiers_name_the_first_record_that_is_not_whole",
        ),
        ("flushes_fail",),
        (
            "test_durable_answers::test_what_is_acknowledged_outlives_a_kill_and_without_waiting_for_the_disk_it_does_not",
            "test_proof_file::test_a_verifier_of_the_chain_alone_misses_an_end_that_was_cut_off_and_a_chain_that_was_made_anew",
            "test_torn_files::test_who_counts_letters_or_names_the_last_record_read_names_another_place",
        ),
        f"PostgreSQL ends at once; {NOTHING}; of a file that was cut off the first record that is not whole is named",
        "The kernel keeps the pages whose flush was said to fail: nothing is gone from the disk.",
    ),
    Row(
        "R21",
        "P1 P2",
        "the groups' offsets are deleted; the topic is deleted and made anew; the broker loses its disk with unread "
        "events in it",
        (
            "test_own_checkpoints::test_a_consumer_group_whose_offsets_were_deleted_resumes_at_its_own_checkpoint",
            "test_own_checkpoints::test_a_topic_made_anew_under_a_running_relay_is_filled_again_and_nothing_lost_or_doubled",
            "test_own_checkpoints::test_a_topic_made_anew_under_a_running_worker_is_read_from_its_beginning",
        ),
        ("topic_made_anew", "broker_disk_lost"),
        (
            "test_own_checkpoints::test_a_reader_that_trusts_kafkas_offsets_doubles_or_loses",
            "test_own_checkpoints::test_a_relay_that_does_not_look_after_what_it_published_loses_what_was_unread",
        ),
        NOTHING,
    ),
    Row(
        "R23",
        "P1 P2",
        "hours of load with faults drawn at random",
        (),
        ("soak",),
        (JUDGE, "test_chaos_catalogue::test_a_process_that_piles_up_memory_or_files_is_named"),
        "0 lost, 0 doubled; memory grows less than 5 MB an hour; no open files pile up",
        "`make chaos SCENARIO=soak MINUTES=120`: 24 hours were never run.",
    ),
)
