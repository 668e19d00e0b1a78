deconvvizImage({"number":390,"units":[[3,16,5,0.782,[-5,51,34,90],0.1254]],"file":"beetle 390","class":"beetle","rows":112,"columns":112,"before":389,"after":393});
