"""The pages that Airflow's UI shows at /lethe, and the API for programs beside them."""
