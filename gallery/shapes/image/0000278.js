deconvvizImage({"number":278,"units":[[1,4,3,0.862,[31,75,54,98],0.1193]],"file":"beetle 278","class":"beetle","rows":112,"columns":112,"before":277,"after":281});
