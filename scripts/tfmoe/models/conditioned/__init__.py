"""The conditioned mixture, which knows which factor it is asked about, and its adaptation."""
