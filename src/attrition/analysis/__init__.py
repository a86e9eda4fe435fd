"""Brings the counts of the models to the estimators of attrition.stats, and makes tables of what they say. No estimator and no
rule of the funnel stands here.
"""
