"""A whole Airflow on this machine, in a folder of its own: started, followed, stopped, with nothing left behind."""
