def progress(e): return {k:v for k,v in e.items() if k!="event"}
def result(job, v): return v
