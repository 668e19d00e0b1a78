deconvvizImage({"number":70,"units":[[1,59,5,0.716,[24,32,45,53],0.06432],[3,125,8,0.671,[22,14,71,63],0.102]],"file":"train 70","class":"train","rows":112,"columns":112,"before":69,"after":71});
