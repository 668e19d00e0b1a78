deconvvizImage({"number":30,"units":[[4,18,2,0.903,[13,29,64,80],0.01509],[4,20,6,0.675,[8,32,53,77],0.0425]],"file":"flower 30","class":"flower","rows":112,"columns":112,"before":29,"after":31});
