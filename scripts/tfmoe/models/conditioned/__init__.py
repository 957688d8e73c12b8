"""The conditioned mixture, which is told which factor it is asked about, and its adaptation."""
