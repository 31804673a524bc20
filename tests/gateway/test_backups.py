"""What holds for backups in a folder holds for those in Ceph's object gateway."""
# ruff: noqa: F401 - what is imported here runs here

from tests.plugins.backups.test_ends import (
    test_a_day_is_recorded_before_its_objects_go_and_it_counts_as_closed,
    test_after_an_erasure_the_newest_backup_does_not_hold_what_was_erased,
)
from tests.plugins.backups.test_purging import (
    test_a_backup_goes_when_its_time_is_over_and_what_no_other_one_names_with_it,
    test_a_damaged_manifest_goes_and_where_there_is_no_other_nothing_does,
    test_records_of_what_ended_live_as_long_as_a_backup_that_does_not_know_of_it,
    test_the_last_backup_keeps_statistics_and_loses_persons_when_no_other_follows,
    test_versions_markers_and_unfinished_uploads_go_and_what_they_hid_comes_back,
    test_what_a_killed_backup_left_goes_with_the_next_purge,
    test_what_is_not_lethes_is_told_and_left_alone,
)
from tests.plugins.backups.test_taking import (
    test_a_backup_holds_the_objects_as_they_are_and_can_be_read,
    test_a_blob_that_is_there_is_what_its_name_says,
    test_a_closed_day_leaves_its_tables_and_its_mark_to_the_backup_and_no_object,
    test_the_next_backup_copies_what_is_new,
)
