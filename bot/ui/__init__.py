"""Between a chat and the verbs: who may, what is missing, how it looks, and telling."""
