"""What holds for logs in moto's server holds for those in Ceph's object gateway."""
# ruff: noqa: F401 - what is imported here runs here

from tests.plugins.logs.test_buckets import (
    bucket,
    shipped,
    test_a_bucket_that_is_gone_is_the_trouble_of_its_log_and_old_days_wait_for_it,
    test_a_key_that_grows_is_read_on_and_counts_once,
    test_a_key_that_is_replaced_while_it_is_read_is_not_read_on,
    test_a_listing_has_more_than_one_page,
    test_all_versions_of_a_key_go_and_none_comes_back,
    test_compressed_keys_are_read_and_a_deleted_key_is_gone_in_all_its_versions,
    test_keys_past_the_window_are_listed_and_deleted_in_every_version,
    test_odd_keys_are_found_and_patterns_stay_in_their_folder,
)
