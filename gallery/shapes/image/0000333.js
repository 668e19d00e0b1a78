deconvvizImage({"number":333,"units":[[3,3,3,0.773,[56,32,101,77],0.04069],[3,43,5,0.734,[-2,30,47,79],0.06936]],"file":"cat 333","class":"cat","rows":112,"columns":112,"before":329,"after":334});
