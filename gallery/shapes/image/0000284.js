deconvvizImage({"number":284,"units":[[2,61,4,0.861,[21,53,56,88],0.06201]],"file":"fish 284","class":"fish","rows":112,"columns":112,"before":281,"after":285});
