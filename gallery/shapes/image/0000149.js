deconvvizImage({"number":149,"units":[[2,17,5,0.888,[43,11,82,50],0.0422],[2,84,7,0.855,[38,-10,71,23],0.06914]],"file":"bus 149","class":"bus","rows":112,"columns":112,"before":148,"after":150});
