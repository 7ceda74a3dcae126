"""The family `messages`: on which days a customer got e-mails, opened and clicked them."""
