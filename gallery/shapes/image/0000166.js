deconvvizImage({"number":166,"units":[[3,16,7,0.778,[-5,19,34,58],0.151]],"file":"beetle 166","class":"beetle","rows":112,"columns":112,"before":165,"after":169});
