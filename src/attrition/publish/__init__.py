"""What a run hands over: tables, the workbook, the headline and the report. Counts nothing itself."""
