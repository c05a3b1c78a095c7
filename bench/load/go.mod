module cartulary.dev/load

go 1.24.0
