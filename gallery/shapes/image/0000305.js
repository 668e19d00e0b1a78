deconvvizImage({"number":305,"units":[[2,4,3,0.907,[67,51,106,90],0.0665],[3,43,1,0.969,[22,46,71,95],0.08461]],"file":"cat 305","class":"cat","rows":112,"columns":112,"before":303,"after":306});
