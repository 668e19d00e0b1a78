deconvvizImage({"number":247,"units":[[0,27,5,0.682,[49,51,56,58],0.2345]],"file":"clownfish 247","class":"clownfish","rows":112,"columns":112,"before":245,"after":248});
