deconvvizImage({"number":135,"units":[[4,43,4,0.84,[19,19,74,74],0.03742]],"file":"clownfish 135","class":"clownfish","rows":112,"columns":112,"before":131,"after":137});
