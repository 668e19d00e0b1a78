deconvvizImage({"number":311,"units":[[1,11,6,0.881,[5,89,24,108],0.1462]],"file":"house 311","class":"house","rows":112,"columns":112,"before":310,"after":312});
