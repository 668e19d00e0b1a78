deconvvizImage({"number":114,"units":[[4,20,7,0.66,[32,16,77,61],0.03717]],"file":"flower 114","class":"flower","rows":112,"columns":112,"before":113,"after":115});
