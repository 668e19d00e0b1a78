deconvvizImage({"number":310,"units":[[4,20,2,0.782,[16,56,61,101],0.04159]],"file":"flower 310","class":"flower","rows":112,"columns":112,"before":309,"after":311});
