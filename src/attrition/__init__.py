"""Hate crime case attrition: where cases fall away between report and conviction, and why."""

__version__ = "0.1.0"
