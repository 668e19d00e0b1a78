deconvvizImage({"number":20,"units":[[1,20,3,0.903,[-1,35,22,58],0.1291]],"file":"book 20","class":"book","rows":112,"columns":112,"before":19,"after":21});
