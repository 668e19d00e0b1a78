deconvvizImage({"number":110,"units":[[4,84,3,0.868,[26,34,67,75],0.08118]],"file":"beetle 110","class":"beetle","rows":112,"columns":112,"before":109,"after":112});
