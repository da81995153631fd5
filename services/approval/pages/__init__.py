"""The pages of approval: the work queue, a case, the applicant's look-up, the operators' page."""
